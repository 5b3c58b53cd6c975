import { isUserId } from "../addressing/user-id.ts";
import { keepInputMethodEnter } from "../composing/keys.ts";
import { Icon } from "./icon.tsx";
import type { Search } from "./use-search.ts";

interface SearchProperties {
  readonly search: Search;
}

export function SearchField({ search }: SearchProperties) {
  const { typed, type, enter } = search;
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        enter();
      }}
    >
      <Icon name="search" />
      <input
        type="search"
        aria-label="Find or begin a conversation"
        placeholder="Find or begin a conversation"
        autocomplete="off"
        dir="auto"
        value={typed}
        onInput={({ currentTarget }) => type(currentTarget.value)}
        onKeyDown={keepInputMethodEnter}
      />
    </form>
  );
}

/** What Enter found if it opened nothing, and how to write all the same. */
export function SearchOutcome({ search }: SearchProperties) {
  const { outcome, sought, openFound, shown } = search;
  const mayWrite = outcome !== undefined && "mayWrite" in outcome && outcome.mayWrite;
  return (
    <>
      <div class="search-outcome" role="status">
        {outcome !== undefined && (
          <p>{outcomeTexts[outcome.kind](sought.text, soughtPerson(sought.text, shown.length > 0))}</p>
        )}
      </div>
      {mayWrite && (
        <button type="button" class="begin" onClick={() => openFound(outcome.id)}>
          <Icon name="plus" />
          <span>
            Write to <bdi>{sought.text}</bdi> anyway
          </span>
        </button>
      )}
    </>
  );
}

/** Begins a conversation with somebody who is in none of those that match. */
export function BeginButton({ search, isListed }: SearchProperties & { readonly isListed: boolean }) {
  const { sought, outcome, enter } = search;
  const isAnswered = outcome !== undefined && outcome.kind !== "looking" && outcome.kind !== "several";
  if (sought.text === "" || isListed || isAnswered || !isUserId(sought.id)) {
    return null;
  }
  return (
    <button type="button" class="begin" onClick={() => enter({ byId: true })}>
      <Icon name="plus" />
      <span>
        Write to <bdi>{sought.text}</bdi>
      </span>
    </button>
  );
}

type Outcome = NonNullable<Search["outcome"]>;

/** Of people who match by name and stand in the list below, only the id can be unknown. */
function soughtPerson(text: string, hasMatches: boolean): string {
  return hasMatches ? `Nobody with the id “${text}”` : `Nobody called “${text}”`;
}

const outcomeTexts: Readonly<Record<Outcome["kind"], (text: string, nobody: string) => string>> = {
  looking: () => "Looking…",
  several: () => "Several people match. Choose one from the list.",
  self: () => "This is your own id. You cannot write to yourself.",
  impossible: (text) =>
    `Nobody found. “${text}” cannot be a user id either: an id has 1 to 128 plain letters, digits and signs.`,
  unknown: (_, nobody) => `${nobody} is known here.`,
  unchecked: (_, nobody) => `${nobody} is in your list, and the server cannot be asked at the moment.`,
};
