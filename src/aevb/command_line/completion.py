"""Tab completion in bash: the script that asks a command what may follow.

It completes `aevb <command>` and `python -m src.<command>`, any Python, with what is before the cursor. A word is not
evaluated, and `=`, at which bash ends a word, stays what it is for other programs.
"""

from aevb.command_line.commands import COMMANDS

NAMES = "|".join(COMMANDS)
FUNCTION = r"""
_aevb_completion() {
    local line=${COMP_LINE:0:COMP_POINT} word choice prefix="" helper="" rest="" choices=()
    local s='[[:space:]]' w='[^[:space:]]'
    word=${line##*[[:space:]]}
    COMPREPLY=()
    if [[ $line =~ ^$s*($w*aevb)$s+$w*$ ]]; then
        choices=(@WORDS@)
    elif [[ $line =~ ^$s*($w*aevb$s+(@NAMES@))$s(.*)$ ]]; then
        helper=${BASH_REMATCH[1]} rest=${BASH_REMATCH[3]}
    elif [[ $line =~ ^$s*($w+$s+-m$s+(src|aevb)\.(@NAMES@))$s(.*)$ ]]; then
        helper=${BASH_REMATCH[1]} rest=${BASH_REMATCH[4]}
    fi
    if [[ -n $helper ]]; then
        read -ra helper <<< "$helper"
        rest=" $rest" rest=${rest// -m / } rest=${rest// --multirun / } # Hydra takes flags before options alone
        read -ra choices < <(COMP_LINE="aevb $rest" command "${helper[@]}" -sc query=bash 2> /dev/null)
    fi
    if [[ $COMP_WORDBREAKS == *=* ]]; then prefix=${word%"${word##*=}"}; fi
    for choice in "${choices[@]}"; do
        if [[ $choice == "$word"* ]]; then COMPREPLY+=("${choice#"$prefix"}"); fi
    done
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} != *[=./] ]]; then COMPREPLY[0]+=" "; fi
}
"""
COMPLETED = "aevb python python3"
INSTALL = (
    FUNCTION.strip().replace("@WORDS@", " ".join(COMMANDS)).replace("@NAMES@", NAMES)
    + f"\ncomplete -o nospace -o default -F _aevb_completion {COMPLETED}"
)
UNINSTALL = f"complete -r {COMPLETED}\nunset -f _aevb_completion"
