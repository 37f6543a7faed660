#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the figure of its title: a fully connected tanh network on CIFAR-10 at a range
# of step sizes.
#
# Look at the dashed lines: the sharpness rises to 2/η of its own run, whichever that is, and stays at or just above it,
# while the loss goes on falling, no longer in a smooth line.
#
# About 6 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for k in 80 100 120; do
    train step-sizes-$k --arch fc-tanh --data cifar10-1k --loss mse --lr 2/$k --steps 900 \
        --eigs 1 --eig-above inf --eig-every 30 --track none --threads 1
done

eostui plot step-sizes-{80,100,120} -o step-sizes.svg --title "A range of step sizes, CIFAR-10" \
    --label "η = 2/80" --label "η = 2/100" --label "η = 2/120"
