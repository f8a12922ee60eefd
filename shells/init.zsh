# Loaded by: source <(awsmfa init zsh), or eval "$(awsmfa init zsh)"

\builtin unalias FUNCTION 2>/dev/null || \builtin true

# No statement with a secret shows under set -x or set -v, or in a DEBUG trap: the options that show it are off until
# the function returns.
FUNCTION() {
	{
		\builtin emulate -L zsh
		\builtin setopt no_xtrace no_verbose no_err_exit no_err_return
		\builtin trap - DEBUG
	} 2>/dev/null
	\builtin local _awsmfa_word _awsmfa_text
	case "${1-}" in
	env | logout) ;;
	ANY_COMMAND)
		\command PROGRAM "$@"
		\builtin return
		;;
	*) \builtin set -- env "$@" ;;
	esac
	for _awsmfa_word in "$@"; do
		case "$_awsmfa_word" in
		--) \builtin break ;;
		-h | --help | --version)
			\command PROGRAM "$@"
			\builtin return
			;;
		esac
	done
	_awsmfa_word="$1"
	\builtin shift
	_awsmfa_text="$(\command PROGRAM "$_awsmfa_word" --shell zsh --function FUNCTION "$@")" || \builtin return
	\builtin eval "$_awsmfa_text"
}

if (( $+functions[compdef] )); then
	compdef _awsmfa FUNCTION
fi
