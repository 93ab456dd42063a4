/** Drawn on 20 by 20, in strokes of the text's colour. */
const PATHS = {
  archive: "M3.5 4h13v3.5h-13zM4.5 7.5V16h11V7.5M8 10.5h4",
  arrowDown: "M10 4v12M5 11l5 5 5-5",
  arrowUp: "M10 16V4M5 9l5-5 5 5",
  check: "M4 10.5l4 4 8-9",
  chevronLeft: "M12 5l-5 5 5 5",
  chevronRight: "M8 5l5 5-5 5",
  close: "M5 5l10 10M15 5L5 15",
  copy: "M7.5 7.5h9v9h-9zM12.5 7.5v-4h-9v9h4",
  dark: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5z",
  edit: "M4 16l.8-3.2L13 4.6l2.4 2.4-8.2 8.2zM11.3 6.3l2.4 2.4",
  key: "M12.5 12a4.5 4.5 0 1 0-4.2-2.9L3.5 14v2.5H6V15h1.5v-1.5H9l1-1a4.5 4.5 0 0 0 2.5-.5zM13.5 6.5h.01",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.5h7",
  light: "M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  newChat: "M10 4.5v11M4.5 10h11",
  regenerate: "M15.5 10A5.5 5.5 0 1 1 13.8 6M16 3.5V7h-3.5",
  search: "M9 4a5 5 0 1 0 0 10A5 5 0 0 0 9 4zM12.7 12.7L16.5 16.5",
  stop: "M6 6h8v8H6z",
  system: "M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5",
  unarchive: "M3.5 4h13v3.5h-13zM4.5 7.5V16h11V7.5M10 14v-4M8.2 11.5L10 9.7l1.8 1.8",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
