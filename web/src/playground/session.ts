import { StorageAPI } from "@graphiql/toolkit";
import type { GraphiQLProps } from "graphiql";
import { firstTab, starterTabs, type Tab } from "./starterTabs.ts";

type Session = Pick<
  GraphiQLProps,
  "defaultTabs" | "initialQuery" | "initialVariables" | "initialHeaders" | "shouldPersistHeaders"
>;

/**
 * What the page opens with: the tabs of the last visit, else the starters.
 *
 * GraphiQL 5.4 stores its tabs and, apart from them, the text of each editor once it is edited, and opens with that text:
 * a tab whose variables were never edited comes up without them, and one left in the middle comes up twice. So it is
 * told what the selected tab holds. It also forgets that the user allowed it to keep headers, unless it is told.
 */
export function session(): Session {
  const storage = new StorageAPI();
  const keepsHeaders = storage.get("shouldPersistHeaders") === "true";
  const { query, variables, headers } = selectedTab(storage.get("tabState")) ?? firstTab;
  return {
    defaultTabs: starterTabs,
    initialQuery: query ?? "",
    initialVariables: variables ?? "",
    ...(keepsHeaders && { shouldPersistHeaders: true, initialHeaders: headers ?? "" }),
  };
}

function selectedTab(tabState: string | null): Tab | undefined {
  try {
    const { tabs, activeTabIndex } = JSON.parse(tabState ?? "{}") as { tabs?: Tab[]; activeTabIndex?: number };
    return tabs?.[activeTabIndex ?? 0];
  } catch {
    // Not ours: GraphiQL finds the same, and starts anew.
    return undefined;
  }
}
