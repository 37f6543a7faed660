#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix that varies the activation of a fully connected network: smooth and
# not, bounded and not.
#
# Look at the sharpness: whatever the activation, it rises to the one threshold of the one step size, and stays there.
#
# TIME
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for activation in tanh relu elu gelu hardtanh; do
    train activations-$activation --arch fc-$activation --data cifar10-1k --loss mse --lr 2/60 --steps 700 \
        --eigs 1 --eig-every 25 --track none --threads 1
done

eostui plot activations-{tanh,relu,elu,gelu,hardtanh} -o activations.svg --title "Five activations, one step size" \
    --label tanh --label ReLU --label ELU --label GELU --label "hard tanh"
