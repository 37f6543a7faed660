#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on Chebyshev regression: a network with one hidden layer fits 20
# points of a Chebyshev polynomial.
#
# Look at the sharpness: about 4 at the start whatever the degree, and then up to 2/η = 10 (degree 3 near step 1500,
# degree 4 near step 1850) or 5 (degree 5 near step 420), where it stays, in ever smaller steps down and slow climbs
# back.
#
# About 3 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

options=(--arch regression --loss mse --steps 12000 --eigs 1 --eig-above inf --eig-every 20 --track none --threads 1)
train chebyshev-3 --data chebyshev-3 --lr 0.2 "${options[@]}"
train chebyshev-4 --data chebyshev-4 --lr 0.2 "${options[@]}"
train chebyshev-5 --data chebyshev-5 --lr 0.4 "${options[@]}"

eostui plot chebyshev-{3,4,5} -o chebyshev.svg --title "Chebyshev polynomials: gradient descent on 20 points" \
    --label "degree 3, η = 0.2" --label "degree 4, η = 0.2" --label "degree 5, η = 0.4"
