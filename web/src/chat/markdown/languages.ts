/** What models write after the fence, by the name under which the highlighter knows it. Others are shown without colours. */
const ALIASES: Record<string, string> = {
  bash: "sh shell console zsh shell-session",
  c: "h",
  cpp: "c++ cc hpp cxx",
  csharp: "c# cs",
  css: "",
  diff: "patch",
  go: "golang",
  graphql: "gql",
  java: "",
  javascript: "js jsx mjs cjs node",
  json: "jsonc json5",
  kotlin: "kt",
  php: "",
  python: "py python3",
  ruby: "rb",
  rust: "rs",
  sql: "postgresql postgres mysql sqlite psql",
  swift: "",
  typescript: "ts tsx mts",
  xml: "html xhtml svg vue",
  yaml: "yml",
};

const NAMES = new Map(
  Object.entries(ALIASES).flatMap(([name, aliases]) => [name, ...aliases.split(" ")].map((alias) => [alias, name] as const)),
);

/** The language of a code block by the line that opens it; undefined for one that is not known. */
export function languageOf(info: string): string | undefined {
  return NAMES.get(labelOf(info).toLowerCase());
}

/** What the line that opens a code block calls its language; empty where it does not. */
export function labelOf(info: string): string {
  return /^[\w+#.-]{0,40}/.exec(info.trim())?.[0] ?? "";
}
