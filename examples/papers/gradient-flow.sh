#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendices on gradient flow and on the local quadratic model: gradient
# descent follows the gradient flow to the edge of stability, and leaves it there.
#
# Look at the sharpness: it comes to 2/η near step 220, and goes on with that of the gradient flow until the oscillation
# has grown out of rounding errors, near step 310. There the run leaves the flow, whose sharpness goes on rising, and the
# distance of the weights jumps. The quadratic model is made anew every 100 steps. Before the edge it goes with the run
# for some tens of steps and then below it (in the first hundred below zero, where it is not drawn); after it, it
# explodes.
#
# About a minute on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

train gradient-flow --arch fc-tanh --width 32 --data digits --loss mse --lr 2/5 --steps 500 \
    --flow gradient,quadratic --eigs 1 --eig-above inf --eig-every 5 --track none --threads 1

eostui plot gradient-flow -o gradient-flow.svg --title "Gradient descent leaves the gradient flow at the edge" \
    --label "gradient descent, η = 2/5"
