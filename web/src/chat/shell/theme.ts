import { kept } from "../session/browserStorage.ts";
import { Cell } from "../store.ts";

export type Theme = "system" | "light" | "dark";

const STORED = "parley:theme";
const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

export const theme = new Cell<Theme>(read(kept.read(STORED)));

export function switchTheme(): void {
  const next = NEXT[theme.get()];
  kept.write(STORED, next === "system" ? null : next);
  theme.dispatch(next);
  applyTheme();
}

/** The style sheet goes by the system where nothing is set. */
export function applyTheme(): void {
  const chosen = theme.get();
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}

function read(stored: string | null): Theme {
  return stored === "light" || stored === "dark" ? stored : "system";
}
