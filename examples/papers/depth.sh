#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on depth: the deeper the network, the more the sharpness grows.
#
# Look at the start and the slope: 1, 2 and 4 hidden layers start at 7, 4 and 2, and arrive at the threshold in the
# opposite order, near steps 580, 420 and 380.
#
# About 3 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for depth in 1 2 4; do
    train depth-$depth --arch fc-tanh --depth $depth --data digits --loss mse --lr 2/12 --steps 1500 \
        --eigs 1 --eig-above inf --eig-every 20 --track none --threads 1
done

eostui plot depth-{1,2,4} -o depth.svg --title "One to four hidden layers" \
    --label "1 hidden layer" --label "2 hidden layers" --label "4 hidden layers"
