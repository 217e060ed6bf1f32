// The SDK's note about Node 20 is for deployments; import this first where a person reads the output.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
