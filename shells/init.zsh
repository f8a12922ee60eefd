# eval "$(awsmfa init zsh)"

\unalias FUNCTION 2>/dev/null || \true

# No secret shows under set -x or set -v, or in a DEBUG trap.
function FUNCTION {
	{
		\emulate -L zsh
		\setopt no_xtrace no_verbose no_err_exit no_err_return
		\trap - DEBUG
	} 2>/dev/null
	\eval "$(\command PROGRAM function SHELL FUNCTION -- "$@" || \echo "(exit $?)")"
}

if typeset -f compdef >/dev/null; then
	compdef _awsmfa FUNCTION
fi
