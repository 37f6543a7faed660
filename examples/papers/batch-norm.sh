#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on batch normalisation: networks with it train at the edge of
# stability too.
#
# TODO
#
# TIME
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for arch in cnn-tanh cnn-bn-tanh; do
    train batch-norm-$arch --arch $arch --width 8 --data digits-300 --loss mse --lr 2/50 --steps 3000 \
        --eigs 1 --eig-every 50 --track none --threads 1
done

eostui plot batch-norm-{cnn-tanh,cnn-bn-tanh} -o batch-norm.svg --title "With and without batch normalisation" \
    --label "without batch norm" --label "with batch norm"
