import type { MessageActions } from "./message-row-properties.ts";

interface ReactionsProperties {
  readonly seq: number;
  readonly reactions: Readonly<Record<string, readonly string[]>>;
  readonly you: string | undefined;
  readonly name: string;
  readonly actions: MessageActions;
}

export function Reactions({ seq, reactions, you, name, actions }: ReactionsProperties) {
  return (
    <div class="reactions">
      {Object.entries(reactions).map(([emoji, users]) => {
        const isOwn = you !== undefined && users.includes(you);
        const who = users.map((user) => (user === you ? "you" : name)).join(" and ");
        return (
          <button
            key={emoji}
            type="button"
            class="reaction"
            aria-pressed={isOwn}
            aria-label={`${emoji} by ${who}`}
            onClick={() => actions.react(seq, emoji, !isOwn)}
          >
            <span class="emoji">{emoji}</span>
            {users.length > 1 && <span>{users.length}</span>}
          </button>
        );
      })}
    </div>
  );
}
