import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./fonts.css";
import "./playground.css";
import "./monacoWorkers.ts";
import { createRoot } from "react-dom/client";
import { Playground } from "./Playground.tsx";

// Monaco measures its font once, when it starts: with the fallback's widths the cursor would be off.
await document.fonts.load('15px "Fira Code"');

createRoot(document.getElementById("playground")!).render(<Playground />);
