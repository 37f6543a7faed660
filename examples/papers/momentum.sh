#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on momentum: the sharpness equilibrates at (2+2μ)/η with Polyak's
# momentum and at (2+2μ)/(η(1+2μ)) with Nesterov's, here with μ = 0.9: at 1.9 and 0.68 times 2/η.
#
# Look at the three dashed lines: one step size, three thresholds, and each run at its own.
#
# About 2 minutes; one of two cores is enough, and the other makes it no faster.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for optimizer in gd momentum nesterov; do
    train momentum-$optimizer --arch fc-tanh --data digits --loss mse --optimizer $optimizer --lr 0.2 --steps 1000 \
        --eigs 1 --eig-every 20 --track none --threads 1
done

eostui plot momentum-{gd,momentum,nesterov} -o momentum.svg --title "Momentum moves the threshold (μ = 0.9, η = 0.2)" \
    --label "gradient descent" --label "Polyak's momentum" --label "Nesterov's momentum"
