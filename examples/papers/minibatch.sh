#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the section on stochastic gradient descent; Andreyev & Beneventano 2024 (arXiv
# 2412.20553): with minibatches the sharpness stays below the full-batch 2/η, the further the smaller they are.
#
# Look at the order of the curves: batches of 16 flatten out at 0.6 of the full-batch 2/η, those of 128 and 1024 reach
# it. The dashed line is a reference, no threshold of these runs. The loss is that of all examples.
#
# About 3 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for size in 16 128 1024; do
    train minibatch-$size --arch fc-tanh --data digits --loss mse --optimizer sgd --batch-size $size --lr 2/8 \
        --steps 2000 --eigs 1 --eig-above inf --eig-every 50 --track none --threads 1
done

eostui plot minibatch-{16,128,1024} -o minibatch.svg --title "Minibatches keep the sharpness lower" \
    --label "batches of 16" --label "batches of 128" --label "batches of 1024"
