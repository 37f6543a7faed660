#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on deep linear networks: 20 layers of 50×50, 50 orthogonal
# examples.
#
# Look at the scale: loss and sharpness are in the thousands, so the step sizes are in the thousandths. At 2/4000 and
# 2/8000 the network trains at the edge of stability. At 2/1000 this start overflows, at step 92; others (seeds 0, 1 and
# 2) collapse onto the zero function instead, and learn nothing.
#
# About 2 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

options=(--arch deep-linear --data deep-linear --loss mse --seed 3 --eigs 1 --eig-above inf --eig-every 20 --track none --threads 1)
for k in 4000 8000; do
    train deep-linear-$k --lr 2/$k --steps 2000 "${options[@]}"
done
# a run that diverges exits with 1; its file has every step until then
train deep-linear-1000 --lr 2/1000 --steps 2000 "${options[@]}" || [[ $? == 1 ]]

eostui plot deep-linear-{4000,8000,1000} -o deep-linear.svg --title "A linear network of 20 layers" \
    --label "η = 2/4000" --label "η = 2/8000" --label "η = 2/1000"
