# eval "$(awsmfa init zsh)"

\unalias FUNCTION 2>/dev/null || \true

# No secret shows under set -x or set -v, or in a DEBUG trap.
function FUNCTION {
	{
		\emulate -L zsh
		\setopt no_xtrace no_verbose no_err_exit no_err_return
		\trap - DEBUG
	} 2>/dev/null
	\local _awsmfa_text
	# One substitution for the text and its exit code would need one more process.
	_awsmfa_text="$(\command PROGRAM function SHELL FUNCTION -- "$@")" || _awsmfa_text="(exit $?)"
	\eval "$_awsmfa_text"
}

if typeset -f compdef >/dev/null; then
	compdef _awsmfa FUNCTION
fi
