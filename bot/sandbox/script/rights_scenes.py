"""The scenes about who may do what: those whom a rule for everybody does not mean."""

from bot.sandbox.script.stage import Stage, expect, said
from bot.sandbox.workspace.people import FINN, GINA


async def outsiders(stage: Stage) -> None:
    """Everybody may ask, but that means members: guests and strangers must be named by a rule."""
    [cid] = await stage.customers(1, start=265)
    for user, why in ((GINA, "You are a guest"), (FINN, "another organisation")):
        reaction = await stage.types(f"/set-action T-Enable evian3 {cid}", user=user)
        expect(bool(reaction.message and why in said(reaction.message)), "a refusal that says why")
