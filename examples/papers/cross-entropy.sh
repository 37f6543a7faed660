#!/usr/bin/env bash
# Cohen et al. 2021 (arXiv 2103.00065), the appendix on cross-entropy: the sharpness rises to 2/η, stays there, and
# comes down late in training.
#
# Look at the end: the loss is jagged while the sharpness is above 2/η, where it goes higher than with squared errors.
# Once the examples are fitted with confidence, the second derivative of the loss by the outputs, diag(p) − ppᵀ, goes to
# zero, and with it the Gauss-Newton matrix and the sharpness.
#
# About 3 minutes on one of two cores.
set -euo pipefail

# A run that is there already is not made again: a script that was interrupted can be taken up where it was.
train() { [[ -e ${EOSTUI_RUNS:-runs}/$1 ]] || eostui run --headless --name "$@"; }

for k in 20 40; do
    train cross-entropy-$k --arch fc-tanh --data cifar10-1k --loss ce --lr 2/$k --steps 800 \
        --eigs 1 --eig-above inf --eig-every 40 --eig-tol 1e-2 --track gauss-newton --threads 1
done

eostui plot cross-entropy-{20,40} --table hessian --table gauss_newton -o cross-entropy.svg \
    --title "Cross-entropy: the sharpness comes down late" --label "η = 2/20" --label "η = 2/40"
