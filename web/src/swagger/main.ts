import "swagger-ui-dist/swagger-ui.css";
import "./swagger.css";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";

// Swagger UI has a dark theme, but only its top bar, which is not shown, would switch to it.
const dark = matchMedia("(prefers-color-scheme: dark)");
const followTheSystem = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", followTheSystem);
followTheSystem();

SwaggerUI({
  url: "/openapi.json",
  dom_id: "#swagger",
  presets: [SwaggerUI.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  // Else the document is sent to swagger.io to be judged.
  validatorUrl: null,
});
