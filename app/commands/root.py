"""The command line put together: one command on each line, each from the room of its noun."""

import typer

from app.commands import (
    callers,
    database,
    demo,
    documents,
    fitness,
    history,
    log,
    organisations,
    proof,
    rounds,
    service,
    tokens,
)

register = typer.Typer(
    help="The register of co-commissioning approvals.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
register.command("demo")(demo.demo)
register.command("dev-token")(tokens.dev_token)
register.command("dev-assertion")(tokens.dev_assertion)
register.command("serve")(service.serve)
register.command("tick")(service.tick)
register.command("check")(fitness.check)
register.command("verify")(service.verify)
register.command("redact")(proof.redact)
register.command("openapi")(documents.openapi)
register.command("lifecycle")(documents.lifecycle)
register.add_typer(database.commands, name="db")
register.add_typer(log.commands, name="log")
register.add_typer(proof.log_key, name="log-key")
register.add_typer(proof.clock, name="clock")
register.add_typer(organisations.commands, name="organisations")
register.add_typer(rounds.commands, name="rounds")
register.add_typer(history.commands, name="history")
register.add_typer(callers.clients, name="clients")
register.add_typer(callers.people, name="people")
