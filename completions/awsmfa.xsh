# Completes awsmfa in xonsh. For ~/.xonshrc:
#   execx($(awsmfa completion xonsh))


def _awsmfa_completion(command):
    import json
    import subprocess

    from xonsh.built_ins import XSH
    from xonsh.completer import Completer
    from xonsh.completers.completer import add_one_completer
    from xonsh.completers.tools import RichCompletion, contextual_command_completer_for
    from xonsh.parsers.completion_context import CompletionContext

    @contextual_command_completer_for(command)
    def awsmfa(context):
        words = [arg.value for arg in context.args[1 : context.arg_index]]
        if "--" in words and "exec" in words[: words.index("--")]:
            # The completion of the command after --, as if it stood alone.
            skip = words.index("--") + 2
            rest = context._replace(args=context.args[skip:], arg_index=context.arg_index - skip)
            return Completer().complete_from_context(CompletionContext(rest))
        try:
            answer = subprocess.run(
                ["awsmfa", "complete", "xonsh", "--function", command, "--", *words, context.prefix],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=XSH.env.detype(),
            )
            candidates = json.loads(answer.stdout)
        except (OSError, ValueError):
            return None
        length = len(context.raw_prefix)
        return {
            RichCompletion(
                c["insert"], prefix_len=length, display=c["value"], description=c["description"], append_space=True
            )
            for c in candidates
        }

    add_one_completer(command, awsmfa, "start")


_awsmfa_completion("awsmfa")
