#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix that varies the activation of a fully connected network: smooth and
# not, bounded and not.
#
# Look at the sharpness: where it starts above the one threshold of the one step size the first steps throw it down,
# where it starts below it rises, and then it stays at the threshold or a little above. (Softplus is not among them: it
# starts at 128, and had not recovered from the first steps after 280; it takes 2/100 or less.)
#
# About 8 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for activation in tanh relu elu gelu hardtanh; do
    train activations-$activation --arch fc-$activation --data cifar10-1k --loss mse --lr 2/60 --steps 700 \
        --eigs 1 --eig-above inf --eig-every 25 --track none --threads 1
done

eostui plot activations-{tanh,relu,elu,gelu,hardtanh} -o activations.svg --title "Five activations, one step size" \
    --label tanh --label ReLU --label ELU --label GELU --label "hard tanh"
