#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on batch normalisation: networks with it train at the edge of
# stability too.
#
# Look at the start: with batch norm the first steps throw the sharpness from 90 down to 35, and from there it rises to
# 0.98 of its threshold and stays. (With batch norm it is the curvature between two iterates that comes to 2/η; that at
# the iterates themselves is a little less.) Each network has a step size that its sharpness can come to in so many
# steps.
#
# About 2 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

options=(--width 8 --data digits-300 --loss mse --steps 3000 --eigs 1 --eig-above inf --eig-every 50 --track none --threads 1)
train batch-norm-cnn-tanh --arch cnn-tanh --lr 2/15 "${options[@]}"
train batch-norm-cnn-bn-tanh --arch cnn-bn-tanh --lr 2/50 "${options[@]}"

eostui plot batch-norm-cnn-{,bn-}tanh -o batch-norm.svg --title "Without and with batch normalisation" \
    --label "without, η = 2/15" --label "with, η = 2/50"
