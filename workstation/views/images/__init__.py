"""The images place: viewports in which stacks are read, with their tools and measurements."""
