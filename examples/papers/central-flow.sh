#!/usr/bin/env bash
# Cohen et al. 2024 (arXiv 2410.24206): the central flow, a differential equation for the mean path of an optimizer at
# the edge of stability, for gradient descent, scalar RMSProp and RMSProp; and for Adam, which is not in the paper.
#
# Look at the loss: the mean of each run is where its central flow predicts it, and the sharpness of the flow stays at
# the threshold. The distance stays small, and the oscillation has the predicted variance. In the first cycle it is
# larger: it has grown out of rounding errors.
#
# About 3 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

options=(--arch fc-tanh --width 32 --data digits --loss mse --steps 800 --flow central
    --eigs 1 --eig-above inf --eig-every 10 --track none --threads 1)
train central-flow-gd --optimizer gd --lr 2/5 "${options[@]}"
train central-flow-scalar-rmsprop --optimizer scalar-rmsprop --lr 0.05 "${options[@]}"
train central-flow-rmsprop --optimizer rmsprop --lr 0.0002 "${options[@]}"
train central-flow-adam --optimizer adam --lr 0.01 "${options[@]}"

eostui plot central-flow-{gd,scalar-rmsprop,rmsprop,adam} -o central-flow.svg --ratio \
    --title "The central flow predicts the mean loss" \
    --label "gradient descent" --label "scalar RMSProp" --label "RMSProp" --label "Adam"
