import { useEffect, useState } from "preact/hooks";
import { Announced, type Announcement } from "../reading/announced.ts";
import { useChat } from "./chat-context.ts";

/** Tells screen readers each message that comes, whichever conversation is open. */
export function Announcer() {
  const { client } = useChat();
  const [announcements, setAnnouncements] = useState<readonly Announcement[]>([]);
  useEffect(() => {
    const announced = new Announced(client, setAnnouncements);
    return () => announced.end();
  }, [client]);
  return (
    <div class="unseen" aria-live="polite" data-announcer>
      {announcements.map(({ key, text }) => (
        <p key={key}>{text}</p>
      ))}
    </div>
  );
}
