/** How long after the last `typing {on: true}` a client may believe it: a device can vanish without a close (MK6). */
export const typingBelievedMs = 8_000;
