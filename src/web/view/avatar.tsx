import { hueOf, initialsOf } from "../reading/person.ts";

const hues = 8;

interface AvatarProperties {
  readonly peer: string;
  readonly name: string;
  readonly isOnline?: boolean;
}

/** Initials: a picture would have to come from another host. */
export function Avatar({ peer, name, isOnline = false }: AvatarProperties) {
  return (
    <span class={`avatar hue-${hueOf(peer, hues)}`} aria-hidden="true">
      {initialsOf(name)}
      {isOnline && <span class="online-dot" />}
    </span>
  );
}
