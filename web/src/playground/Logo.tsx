import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";
import logo from "../parley.svg";

/** Parley's name in the corner. It lives inside GraphiQL, and so is where GraphiQL's state can be reached from. */
export function Logo() {
  useSystemTheme();
  return (
    <a className="parley-logo" href="/" title="Chat">
      <img src={logo} alt="" />
      Parley
    </a>
  );
}

/** Keeps the editors as light or dark as the page when the system changes: GraphiQL asks the system only once. */
function useSystemTheme(): void {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const update = () => setTheme(theme);
    system.addEventListener("change", update);
    return () => system.removeEventListener("change", update);
  }, [theme, setTheme]);
}
