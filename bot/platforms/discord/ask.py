"""Pure: who asks, from where, with what rights: an interaction as an `Ask`."""

from collections.abc import Mapping

import discord

from alerts.domain.ids import Chat, Platform
from bot.commands.spec import Ask

DISCORD = Platform("discord")

HERE = "here:"

Interaction = discord.Interaction[discord.Client]


def personal(user_id: int) -> Chat:
    """A person's own rules: delivered by direct message, wherever they were typed."""
    return Chat(DISCORD, f"u{user_id}")


def ask_of_command(interaction: Interaction, values: Mapping[str, str], text: str = "") -> Ask:
    """A slash command asks for the person, or with `where:here` for the server's channel."""
    here = values.get("where") == "here" and interaction.guild_id is not None
    if here and interaction.channel_id is not None:
        return _of_channel(interaction, interaction.channel_id, values)
    user = interaction.user.id
    return Ask(personal(user), str(user), text=text, values=dict(values))


def ask_of_tap(interaction: Interaction) -> Ask:
    """A tap acts on the rules its card speaks of: rule numbers count within one chat."""
    here = is_public(interaction) or (interaction.custom_id or "").startswith(HERE)
    if here and interaction.channel_id is not None:
        return _of_channel(interaction, interaction.channel_id, {})
    return Ask(personal(interaction.user.id), str(interaction.user.id))


def carried_by_tap(interaction: Interaction) -> str:
    """What the tapped button carries, still sealed."""
    return (interaction.custom_id or "").removeprefix(HERE)


def is_of_channel(chat: Chat) -> bool:
    """Whether the rules of a server's channel are meant, and not a person's own."""
    return not chat.id.startswith("u")


def ask_of_words(message: discord.Message) -> Ask:
    """A line typed to the bot in a direct message."""
    return Ask(personal(message.author.id), str(message.author.id), text=message.content)


def is_public(interaction: Interaction) -> bool:
    """Whether the tapped message is one that others in a server see too."""
    message = interaction.message
    return interaction.guild_id is not None and message is not None and not message.flags.ephemeral


def _of_channel(interaction: Interaction, channel_id: int, values: Mapping[str, str]) -> Ask:
    return Ask(
        Chat(DISCORD, str(channel_id)),
        str(interaction.user.id),
        values=dict(values),
        may_edit=interaction.permissions.manage_guild,
    )
