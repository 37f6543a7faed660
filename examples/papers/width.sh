#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on width.
#
# Look at where each curve starts and how soon it arrives: with PyTorch's own initialisation a wider network starts
# sharper (2, 3 and 7), 400 units are at the threshold by step 220, 100 by step 980, and 25 units do not get there.
#
# About 3 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for width in 25 100 400; do
    train width-$width --arch fc-tanh --width $width --data digits --loss mse --lr 2/12 --steps 1500 \
        --eigs 1 --eig-above inf --eig-every 20 --track none --threads 1
done

eostui plot width-{25,100,400} -o width.svg --title "Hidden layers of 25 to 400 units" \
    --label "25 units" --label "100 units" --label "400 units"
