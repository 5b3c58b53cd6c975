import type { Refusal } from "../../protocol/errors.ts";
import type { Acknowledge, NamespaceSocket } from "../namespaces.ts";
import { failure } from "./events.ts";

/** What an event was about, as far as that is known. */
export interface About {
  readonly type: string;
  readonly peer?: string;
  readonly id?: string;
}

/** Tells a client that an event of Pairline's own vocabulary is refused: by its acknowledgement, else as an event. */
export function refuse(
  link: NamespaceSocket,
  reason: Refusal,
  about: About,
  acknowledge: Acknowledge | undefined,
): void {
  link.countRefusal(reason.code);
  if (acknowledge !== undefined) {
    acknowledge(failure(reason));
    return;
  }
  const { type: event, peer, id } = about;
  link.emit("error", {
    ...reason,
    event,
    ...(peer !== undefined && { peer }),
    ...(id !== undefined && { id }),
  });
}

/** Tells a client of the replaced app: both ways, and never a bare success. */
export function refusePrivateDm(
  link: NamespaceSocket,
  reason: Refusal,
  acknowledge: Acknowledge | undefined,
): void {
  link.countRefusal(reason.code);
  const error = failure(asOldField(reason));
  link.emit("error_dm", error);
  acknowledge?.(error);
}

/** Tells a client that an event was refused before anything but its name was known, in that event's vocabulary. */
export function refuseEvent(
  link: NamespaceSocket,
  reason: Refusal,
  name: unknown,
  acknowledge: Acknowledge | undefined,
): void {
  if (name === "private_dm") {
    refusePrivateDm(link, reason, acknowledge);
  } else {
    refuse(link, reason, { type: typeof name === "string" ? name : "" }, acknowledge);
  }
}

// Those clients know these fields by other names.
function asOldField(reason: Refusal): Refusal {
  const names: Readonly<Record<string, string>> = { peer: "receiver_id", text: "content" };
  const { field } = reason;
  return field === undefined ? reason : { ...reason, field: names[field] ?? field };
}
