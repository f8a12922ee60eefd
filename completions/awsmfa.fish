# Completes awsmfa in fish. For ~/.config/fish/config.fish:
#   awsmfa completion fish | source
# Or write it to ~/.config/fish/completions/awsmfa.fish.

function __awsmfa_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program $words[1]
    set -e words[1]
    set -l dash (contains -i -- -- $words)
    if set -q dash[1]; and contains -- exec $words[1..$dash[1]] # the completion of the command after --
        set -l rest
        if test $dash[1] -lt (count $words)
            set rest (string escape -- $words[(math $dash[1] + 1)..-1])
        end
        complete -C (string join -- " " $rest "$current")
        return
    end
    command -q awsmfa; or return # fish says that a program is missing, wherever its stderr is
    command awsmfa complete fish --function $program -- $words "$current" 2>/dev/null </dev/null
    test $status -ne 3; or __fish_complete_path "$current" # a file
end

complete -c awsmfa -f -k -a '(__awsmfa_complete)'
