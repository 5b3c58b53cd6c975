/** Drawn in a square of 24, by lines. */
const shapes = {
  send: "M4 12 20 4l-5 16-4-7z M11 13 20 4",
  back: "M15 5l-7 7 7 7",
  down: "M6 9l6 6 6-6",
  close: "M6 6l12 12M18 6 6 18",
  reply: "M9 7 4 12l5 5M4 12h9a7 7 0 0 1 7 7",
  edit: "M4 20l1-5L16 4l4 4L9 19z",
  delete: "M5 7h14M10 11v6M14 11v6M7 7l1 13h8l1-13M9 7l1-3h4l1 3",
  copy: "M9 9h11v11H9z M5 15H4V4h11v1",
  react: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z M8.5 14a4 4 0 0 0 7 0 M9 9.5v.5M15 9.5v.5",
  more: "M12 5.5v.5M12 12v.5M12 18.5v.5",
  plus: "M12 5v14M5 12h14",
  search: "M11 18a7 7 0 1 1 0-14 7 7 0 0 1 0 14zM20 20l-4-4",
  leave: "M10 4H5v16h5M15 8l4 4-4 4M19 12H9",
  mute: "M6 10v4h3l4 4V6l-4 4zM17 10l4 4M21 10l-4 4",
  clock: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zM12 7v5l3 2",
  warning: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zM12 7v6M12 16v.5",
  sent: "M5 12l5 5 9-10",
  delivered: "M2 12l5 5 9-10M12 16l1 1 9-10",
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
