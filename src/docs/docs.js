// Shows /openapi.json of the service that sent this page; asks nobody else (validatorUrl).
globalThis.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });
