#!/usr/bin/env bash
# What a pipeline does with a folder of connections: network.sh plan FOLDER writes plan.json and plan.md for a change request,
# network.sh apply does exactly that plan once it is agreed.
#
# Needs causeway, CAUSEWAY_WEBHOOK and CAUSEWAY_WEBHOOK_SECRET. The plan holds documents as they are: keep it where only the pipeline reads.
set -euo pipefail

case ${1:-} in
plan)
    folder=${2:?network.sh plan FOLDER}
    causeway check "$folder"
    # 0: nothing to do, 2: something to do, 1: something is wrong.
    ended=0
    causeway plan "$folder" --out plan.json --format markdown >plan.md || ended=$?
    cat plan.md
    [[ $ended == 0 || $ended == 2 ]]
    ;;
apply)
    causeway apply plan.json --yes
    ;;
*)
    echo "network.sh plan FOLDER, or network.sh apply" >&2
    exit 2
    ;;
esac
