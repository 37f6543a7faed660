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

for arch in cnn-relu cnn-bn-relu; do
    train batch-norm-$arch --arch $arch --data digits --loss mse --lr 2/10 --steps 600 \
        --eigs 1 --eig-every 20 --track none --threads 1
done

eostui plot batch-norm-{cnn-relu,cnn-bn-relu} -o batch-norm.svg --title "With and without batch normalisation" \
    --label "without batch norm" --label "with batch norm"
