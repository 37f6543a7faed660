#!/usr/bin/env bash
# Cohen et al. 2022 (arXiv 2207.14484): full-batch Adam with β₁ = 0.9 trains where the sharpness of the *preconditioned*
# Hessian is (2+2β₁)/((1−β₁)η) = 38/η, the adaptive edge of stability.
#
# Look at the preconditioned sharpness, P^(-1/2) H P^(-1/2) with P from the optimizer's own state: it rises to 38/η and
# stays there, for both step sizes, while P itself goes on changing.
#
# About 2 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for lr in 0.001 0.0005; do
    train adam-$lr --arch fc-tanh --data digits --loss mse --optimizer adam --beta2 0.999 --lr $lr --steps 1000 \
        --eigs 1 --eig-above inf --eig-every 20 --track none --threads 1
done

eostui plot adam-{0.001,0.0005} -o adam.svg --title "Adam: the preconditioned sharpness and 38/η" \
    --label "η = 0.001" --label "η = 0.0005"
