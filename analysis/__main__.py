"""The command line: `python -m analysis build | parameters | compare | sweep`."""

from analysis.commands.command_line import main, run

__all__ = ["main"]

if __name__ == "__main__":
    run()
