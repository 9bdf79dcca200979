"""``python -m app`` and ``register``: the command line."""


def main() -> None:
    """Run the command line."""
    from app.commands.root import register

    register(prog_name="register")


if __name__ == "__main__":
    main()
