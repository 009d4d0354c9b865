// From what NAAP_SCHEMA names, a file or the API itself, to the folder NAAP_OUT.
module.exports = {
  schema: process.env.NAAP_SCHEMA,
  documents: "queries.graphql",
  generates: {
    [`${process.env.NAAP_OUT}/`]: {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        scalars: { Time: "string", Wei: "string" },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
  importExtension: ".js",
};
