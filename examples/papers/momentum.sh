#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on momentum: the sharpness equilibrates at (2+2μ)/η with Polyak's
# momentum and at (2+2μ)/(η(1+2μ)) with Nesterov's, here with μ = 0.9: at 1.9 and 0.68 times 2/η.
#
# Look at the three dashed lines: 10, 19 and 13.6, and each run at its own. The first two have the same step size;
# Nesterov's has half of it, since at the same one the first steps take the sharpness so far beyond its threshold that
# it diverges.
#
# About 2 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

options=(--arch fc-tanh --data digits --loss mse --steps 1000 --eigs 1 --eig-above inf --eig-every 20 --track none --threads 1)
train momentum-gd --optimizer gd --lr 0.2 "${options[@]}"
train momentum-momentum --optimizer momentum --momentum 0.9 --lr 0.2 "${options[@]}"
train momentum-nesterov --optimizer nesterov --momentum 0.9 --lr 0.1 "${options[@]}"

eostui plot momentum-{gd,momentum,nesterov} -o momentum.svg --title "Momentum moves the threshold (μ = 0.9)" \
    --label "gradient descent, η = 0.2" --label "Polyak's momentum, η = 0.2" --label "Nesterov's momentum, η = 0.1"
