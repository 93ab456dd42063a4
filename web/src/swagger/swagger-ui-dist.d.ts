// The package has no types of its own; these are of what the page uses.
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface Options {
    url: string;
    dom_id: string;
    presets: unknown[];
    layout: string;
    deepLinking: boolean;
    displayRequestDuration: boolean;
    tryItOutEnabled: boolean;
    validatorUrl: null;
  }

  const SwaggerUI: ((options: Options) => unknown) & { presets: { apis: unknown } };
  export default SwaggerUI;
}
