// npm start [-- options of vitrine serve]: all set-up, then the service.
process.argv.splice(2, 0, "serve");
await import("./vitrine.mjs");
