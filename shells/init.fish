# command -q awsmfa; and awsmfa init fish | source

function FUNCTION --description 'AWS sessions with MFA'
    set -l fish_trace # no secret shows in a trace
    command PROGRAM function SHELL FUNCTION -- $argv | read -lz _awsmfa_text
    set -l codes $pipestatus
    if test $codes[1] -ne 0
        return $codes[1]
    end
    # Not "| source": a program that source runs is not in the terminal's foreground, so it could not ask.
    eval $_awsmfa_text
end

complete -c FUNCTION -f -k -a '(__awsmfa_complete)'
