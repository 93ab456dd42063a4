import { explorerPlugin } from "@graphiql/plugin-explorer";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createFetcher } from "./fetcher.ts";
import { Logo } from "./Logo.tsx";
import { session } from "./session.ts";

// The page is served where the API is, whatever that path is called.
const fetcher = createFetcher(new URL(location.pathname, location.href));
const opening = session();
const plugins = [HISTORY_PLUGIN, explorerPlugin()];
// Without these the variables editor marks the objects given for custom scalars as errors.
const scalars = { JSON: {}, DateTime: { type: "string", format: "date-time" } } as const;

export function Playground() {
  return (
    <GraphiQL
      {...opening}
      fetcher={fetcher}
      plugins={plugins}
      customScalarSchemas={scalars}
      inputValueDeprecation
      schemaDescription
      showPersistHeadersSettings
    >
      <GraphiQL.Logo>
        <Logo />
      </GraphiQL.Logo>
    </GraphiQL>
  );
}
