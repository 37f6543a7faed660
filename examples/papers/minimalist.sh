#!/usr/bin/env bash
# Zhu et al. 2023 (arXiv 2210.03294): the minimalist example ½(1 − xyzw)², from x = z, y = w, and its bifurcation.
#
# Look at the plane: d = xy over ηS, S the sharpness of the minimum that gradient flow would reach. The run that begins
# at ηS = 2.9 bounces about in chaos, comes down through four branches and then two, which the grey diagram behind it
# predicts, and ends at a sharpness just below 2/η = 50. The one that begins at 1.9 goes straight to its minimum. The
# one that begins beyond 4 diverges.
#
# About a minute on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

options=(--lr 0.04 --steps 10000 --eigs 1 --eig-above inf --eig-every 21 --track none --threads 1)
train minimalist-above --arch minimalist:6,.2 "${options[@]}"
train minimalist-below --arch minimalist:4.9,.2 "${options[@]}"
# a run that diverges exits with 1; its file has every step until then
train minimalist-beyond --arch minimalist:7.5,.1 "${options[@]}" || [[ $? == 1 ]]

eostui plot minimalist-{above,below,beyond} -o minimalist.svg --table minimalist --table hessian \
    --title "The minimalist example: four weights, η = 0.04" \
    --label "from ηS = 2.9" --label "from ηS = 1.9" --label "from ηS = 4.5"
