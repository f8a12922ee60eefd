# eval "$(awsmfa init zsh)"

\builtin unalias FUNCTION 2>/dev/null || \builtin true

# No secret shows under set -x or set -v, or in a DEBUG trap.
FUNCTION() {
	{
		\builtin emulate -L zsh
		\builtin setopt no_xtrace no_verbose no_err_exit no_err_return
		\builtin trap - DEBUG
	} 2>/dev/null
	\builtin eval "$(\command PROGRAM function SHELL FUNCTION -- "$@" || \builtin echo "(exit $?)")"
}

if (( $+functions[compdef] )); then
	compdef _awsmfa FUNCTION
fi
