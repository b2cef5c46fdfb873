"""The child's document (个案): how two versions become one."""
