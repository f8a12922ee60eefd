# awsmfa init fish | source

function FUNCTION --description 'AWS sessions with MFA'
    set -l fish_trace # no secret shows in a trace
    set -l _awsmfa_words $argv
    command PROGRAM function SHELL FUNCTION -- $argv | source
    set -l codes $pipestatus
    if test $codes[1] -ne 0
        return $codes[1]
    end
    return $codes[2]
end

complete -c FUNCTION -f -k -a '(__awsmfa_complete)'
